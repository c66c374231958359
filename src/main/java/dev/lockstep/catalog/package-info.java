/** Reads the server's catalog: the shapes of tables and the facts about the server. */
@NullMarked
package dev.lockstep.catalog;

import org.jspecify.annotations.NullMarked;
