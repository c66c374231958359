package dev.lockstep.testing;

import io.qdrant.client.grpc.Collections.Distance;
import io.qdrant.client.grpc.Points.ScoredPoint;
import java.util.Comparator;
import java.util.List;

/** How {@link QdrantDouble} measures: a similarity is better when it is larger, a distance when it is smaller. */
enum QdrantDoubleScore {
    COSINE(true) {
        @Override
        double raw(List<Float> a, List<Float> b) {
            return DOT.raw(a, b) / Math.sqrt(DOT.raw(a, a) * DOT.raw(b, b));
        }
    },
    DOT(true) {
        @Override
        double raw(List<Float> a, List<Float> b) {
            double sum = 0;
            for (int i = 0; i < a.size(); i++) {
                sum += (double) a.get(i) * b.get(i);
            }
            return sum;
        }
    },
    EUCLID(false) {
        @Override
        double raw(List<Float> a, List<Float> b) {
            return Math.sqrt(DOT.raw(a, a) + DOT.raw(b, b) - 2 * DOT.raw(a, b));
        }
    };

    private final boolean largerIsBetter;

    QdrantDoubleScore(boolean largerIsBetter) {
        this.largerIsBetter = largerIsBetter;
    }

    static QdrantDoubleScore of(Distance distance) {
        return switch (distance) {
            case Cosine -> COSINE;
            case Dot -> DOT;
            case Euclid -> EUCLID;
            default -> throw new IllegalArgumentException("the double does not measure by " + distance);
        };
    }

    abstract double raw(List<Float> a, List<Float> b);

    float of(List<Float> a, List<Float> b) {
        return (float) raw(a, b);
    }

    Comparator<ScoredPoint> bestFirst() {
        Comparator<ScoredPoint> smallestFirst = Comparator.comparing(ScoredPoint::getScore);
        return largerIsBetter ? smallestFirst.reversed() : smallestFirst;
    }
}
