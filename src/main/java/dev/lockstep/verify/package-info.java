/** Holds every mapped row against the in-step predicate. */
@NullMarked
package dev.lockstep.verify;

import org.jspecify.annotations.NullMarked;
