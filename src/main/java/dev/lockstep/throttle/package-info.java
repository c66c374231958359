/** Slows down work that can wait, where the server, its standbys or our own stream have enough to do. */
@NullMarked
package dev.lockstep.throttle;

import org.jspecify.annotations.NullMarked;
