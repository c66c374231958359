package dev.lockstep.testing;

import dev.lockstep.model.Recall;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Random vectors, once as a plain list that {@link Recall} searches, once as rows. Symbols stand for ids. */
public record RecallRows(VectorSchema schema, List<Row> rows) {

    private static final int DIMENSIONS = 8;

    private static final Instant START = Instant.parse("2025-01-01T00:00:00Z");

    /** @param embedding null in some rows */
    public record Row(
            String id,
            int tenant,
            String persona,
            String agent,
            String conversation,
            String source,
            Instant at,
            List<Float> embedding) {

        String value(Recall.Field field) {
            return switch (field) {
                case CONVERSATION -> conversation;
                case AGENT -> agent;
                case PERSONA -> persona;
            };
        }
    }

    public static RecallRows random(VectorSchema schema, int count, Random random) {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            rows.add(new Row(
                    schema == VectorSchema.PASCAL
                            ? new UUID(random.nextLong(), random.nextLong()).toString()
                            : Integer.toString(i),
                    1 + random.nextInt(2),
                    any("p", random),
                    any("a", random),
                    any("c", random),
                    List.of("legacy", "orphan", "import", "").get(random.nextInt(4)),
                    START.plusSeconds(random.nextInt(count / 2)),
                    random.nextInt(5) == 0 ? null : embedding(random)));
        }
        return new RecallRows(schema, rows);
    }

    public static List<Float> embedding(Random random) {
        return Stream.generate(() -> (float) random.nextGaussian())
                .limit(DIMENSIONS)
                .toList();
    }

    private static String any(String letter, Random random) {
        int number = random.nextInt(4);
        return number == 0 ? null : letter + number;
    }

    /** What a store would do: filter, order, limit. */
    public List<Row> search(Recall.Step<String> step, int limit, Comparator<Row> order) {
        return rows.stream()
                .filter(row -> step.value().equals(row.value(step.field())))
                .filter(row -> !row.source().equals("orphan"))
                .sorted(order)
                .limit(limit)
                .toList();
    }

    public Comparator<Row> newestFirst() {
        return switch (schema) {
            case PASCAL -> Comparator.comparing(Row::at).thenComparing(Row::id).reversed();
            case SNAKE ->
                Comparator.comparingInt(Row::tenant)
                        .thenComparing(row -> Long.parseLong(row.id()))
                        .reversed();
        };
    }

    public static double cosineDistance(List<Float> a, List<Float> b) {
        double product = 0;
        double squareA = 0;
        double squareB = 0;
        for (int i = 0; i < a.size(); i++) {
            product += (double) a.get(i) * b.get(i);
            squareA += (double) a.get(i) * a.get(i);
            squareB += (double) b.get(i) * b.get(i);
        }
        return 1 - product / Math.sqrt(squareA * squareB);
    }

    /** @param embeddings the opening and closing bracket of an embedding's literal; empty where there is no such column */
    public String insert(String embeddings) {
        String columns = schema.legacy().get(0) + ", " + schema.legacy().get(1) + ", "
                + String.join(", ", schema.derived().subList(0, 3))
                + (schema == VectorSchema.PASCAL ? ", \"IndexedAt\", \"Embedding\"" : ", tenant");
        return "INSERT INTO " + schema.table() + " (" + columns + ") VALUES "
                + rows.stream().map(row -> "(" + values(row, embeddings) + ")").collect(Collectors.joining(", "));
    }

    private String values(Row row, String embeddings) {
        String stamp = "'" + row.id() + "', " + schema.sql(row.persona()) + ", " + schema.sql(row.agent()) + ", "
                + schema.sql(row.conversation()) + ", nullif('" + row.source() + "', '')";
        return switch (schema) {
            case PASCAL -> stamp + ", '" + row.at() + "', " + literal(row.embedding(), embeddings);
            case SNAKE -> stamp + ", " + row.tenant();
        };
    }

    /** @param brackets of the type */
    public static String literal(List<Float> embedding, String brackets) {
        if (embedding == null) {
            return "NULL";
        }
        String numbers = embedding.stream().map(String::valueOf).collect(Collectors.joining(","));
        return "'" + brackets.charAt(0) + numbers + brackets.charAt(1) + "'";
    }
}
