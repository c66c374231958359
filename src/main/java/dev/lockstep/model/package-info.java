/** Values without I/O: what a mapping is, what a change is, where in the WAL it stands. */
@NullMarked
package dev.lockstep.model;

import org.jspecify.annotations.NullMarked;
