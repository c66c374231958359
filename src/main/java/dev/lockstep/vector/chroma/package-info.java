/** Collections of a Chroma server, over its HTTP API. */
@NullMarked
package dev.lockstep.vector.chroma;

import org.jspecify.annotations.NullMarked;
