/** Pure functions from a mapping to SQL text. */
@NullMarked
package dev.lockstep.sql;

import org.jspecify.annotations.NullMarked;
