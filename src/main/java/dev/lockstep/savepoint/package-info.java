/** Points of the stream that can be gone back to, each a copied replication slot. */
@NullMarked
package dev.lockstep.savepoint;

import org.jspecify.annotations.NullMarked;
