/** Collections of a Qdrant server, over gRPC. */
@NullMarked
package dev.lockstep.vector.qdrant;

import org.jspecify.annotations.NullMarked;
