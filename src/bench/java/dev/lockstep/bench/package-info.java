/** The benchmark: every figure is a ratio to a floor that is measured in the same run on the same data. */
@NullMarked
package dev.lockstep.bench;

import org.jspecify.annotations.NullMarked;
