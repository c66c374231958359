/** Connections to the source server, with lockstep's session settings, and its errors as one clear line. */
@NullMarked
package dev.lockstep.database;

import org.jspecify.annotations.NullMarked;
