/** Vectors outside the database: their metadata follow the messages they are embeddings of. */
@NullMarked
package dev.lockstep.vector;

import org.jspecify.annotations.NullMarked;
