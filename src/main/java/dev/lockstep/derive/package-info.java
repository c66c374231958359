/** Runs the derivation on a connection: agents first, then rows. */
@NullMarked
package dev.lockstep.derive;

import org.jspecify.annotations.NullMarked;
