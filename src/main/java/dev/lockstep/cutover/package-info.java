/** Turns the direction: the gate, the way there and the way back. */
@NullMarked
package dev.lockstep.cutover;

import org.jspecify.annotations.NullMarked;
