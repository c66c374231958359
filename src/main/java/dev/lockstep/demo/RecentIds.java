package dev.lockstep.demo;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The last rows a writer made and committed. Thread-safe. */
final class RecentIds {

    private static final int MOST = 1000;

    private final List<UUID> ids = new ArrayList<>();

    synchronized void addAll(Collection<UUID> made) {
        ids.addAll(made);
        if (ids.size() > MOST) {
            ids.subList(0, ids.size() - MOST).clear();
        }
    }

    synchronized void remove(UUID id) {
        ids.remove(id);
    }

    /** The newest one or, as often, any of them; null when there is none. */
    synchronized @Nullable UUID pick(RandomGenerator random) {
        int size = ids.size();
        return size == 0 ? null : ids.get(random.nextBoolean() ? size - 1 : random.nextInt(size));
    }
}
