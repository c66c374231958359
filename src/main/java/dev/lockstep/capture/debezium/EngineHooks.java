package dev.lockstep.capture.debezium;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;

/**
 * What the parts that an engine makes by themselves need of whoever made the engine, by the engine's name: they are handed
 * a configuration of strings, and nothing else.
 *
 * @param gentle whether the stream had better be read slowly
 * @param silent whether the server has sent nothing that was not read, and nobody closes the engine: then there is nothing
 *     to look for
 * @param polling told once, by the thread that polls, when it has polled
 */
record EngineHooks(BooleanSupplier gentle, BooleanSupplier silent, Runnable polling) {

    private static final EngineHooks NONE = new EngineHooks(() -> false, () -> false, () -> {});

    private static final Map<String, EngineHooks> OFFERED = new ConcurrentHashMap<>();

    /** To be taken by the task of that engine. */
    void offer(String engine) {
        OFFERED.put(engine, this);
    }

    static void withdraw(String engine) {
        OFFERED.remove(engine);
    }

    /** Such as do nothing where none were offered. */
    static EngineHooks of(String engine) {
        return OFFERED.getOrDefault(engine, NONE);
    }
}
