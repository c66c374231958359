package dev.lockstep.vector;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** @param next where the following page begins; null after the last */
public record Page(List<Point> points, @Nullable String next) {

    public Page {
        points = List.copyOf(points);
    }
}
