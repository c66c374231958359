/** A table of vectors in another PostgreSQL database as a store: points are rows, their payload is scalar columns. */
@NullMarked
package dev.lockstep.vector.postgres;

import org.jspecify.annotations.NullMarked;
