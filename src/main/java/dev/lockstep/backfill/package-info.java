/** Brings existing rows into step by ranges of heap blocks. */
@NullMarked
package dev.lockstep.backfill;

import org.jspecify.annotations.NullMarked;
