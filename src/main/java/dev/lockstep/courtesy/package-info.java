/** Lets writers go first on a machine that the stream shares with the server and them. */
@NullMarked
package dev.lockstep.courtesy;

import org.jspecify.annotations.NullMarked;
