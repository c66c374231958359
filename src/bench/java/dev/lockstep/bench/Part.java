package dev.lockstep.bench;

import java.util.List;

/** One part of the benchmark, chosen by name. */
interface Part {

    /** What {@code -Dbench} calls it. */
    String name();

    /** Measures, on {@code server}; leaves no database behind. */
    List<Figure> run(BenchServer server) throws Exception;
}
