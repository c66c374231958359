/** Applies batches of changes: visibility, lanes, retry, position. */
@NullMarked
package dev.lockstep.sync;

import org.jspecify.annotations.NullMarked;
