/** The configuration file: immutable records, one per concern, and the loader that names every mistake by key and line. */
@NullMarked
package dev.lockstep.config;

import org.jspecify.annotations.NullMarked;
