/** The port to a source of changes. */
@NullMarked
package dev.lockstep.capture;

import org.jspecify.annotations.NullMarked;
