/** One class per command; the wiring. */
@NullMarked
package dev.lockstep.cli;

import org.jspecify.annotations.NullMarked;
