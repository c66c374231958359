/** Adds to the database what lockstep needs, step by step, without holding up the writers. */
@NullMarked
package dev.lockstep.expand;

import org.jspecify.annotations.NullMarked;
