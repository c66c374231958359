/** The control schema: position, lease, backfill cursors, dead letters, gaps. */
@NullMarked
package dev.lockstep.state;

import org.jspecify.annotations.NullMarked;
