/** The migration tried on a copy: what each step takes there, and what it will take on the live database. */
@NullMarked
package dev.lockstep.rehearse;

import org.jspecify.annotations.NullMarked;
