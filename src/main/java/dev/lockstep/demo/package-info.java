/** The whole main job on a server of its own, told step by step. */
@NullMarked
package dev.lockstep.demo;

import org.jspecify.annotations.NullMarked;
