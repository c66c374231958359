/** Goes back to a savepoint and checks every row that has changed since. */
@NullMarked
package dev.lockstep.replay;

import org.jspecify.annotations.NullMarked;
