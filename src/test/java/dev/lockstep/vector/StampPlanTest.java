package dev.lockstep.vector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.Column;
import dev.lockstep.model.ColumnType;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.NullPersona;
import dev.lockstep.model.PointFields;
import dev.lockstep.model.StampedAt;
import dev.lockstep.model.TableName;
import dev.lockstep.model.VectorMeaning;
import dev.lockstep.model.VectorMeaning.Facts;
import dev.lockstep.model.VectorMeaning.OnDelete;
import dev.lockstep.model.VectorMeaning.Stamp;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StampPlanTest {

    private static final StampedAt NOW = new StampedAt(7, 2, Lsn.parse("1/20"));
    private static final VectorMeaning.Message MESSAGE = new VectorMeaning.Message("5", "12", true, null);

    private static StampPlan plan(OnDelete onDelete) {
        Mapping.Scoped messages = new Mapping.Scoped(
                new TableName("public", "m"),
                List.of(new Column("id", ColumnType.BIGINT)),
                new Column("persona", ColumnType.INT),
                new Column("agent", ColumnType.INT),
                new Column("conversation", ColumnType.INT),
                null,
                null,
                NullPersona.KEEP,
                List.of(),
                null);
        Mapping.Store store = new Mapping.Store(
                "s",
                MappingSpec.Link.ID,
                new PointFields(null, "P", "A", "C", "S", null, "L"),
                messages,
                null,
                onDelete);
        Mapping mapping = new Mapping(
                null,
                new Mapping.Agents(
                        new TableName("public", "a"),
                        List.of(new Column("id", ColumnType.INT)),
                        new Column("id", ColumnType.INT),
                        true,
                        new Column("persona", ColumnType.INT),
                        null,
                        false,
                        null,
                        new Column("root", ColumnType.UUID),
                        false),
                null,
                List.of(messages),
                List.of(store));
        return new StampPlan(mapping, store);
    }

    private static Optional<Edit> edit(OnDelete onDelete, Map<String, Object> payload, boolean found, boolean deleted) {
        Point point = new Point("1", payload);
        Facts facts = new Facts(
                true,
                found ? MESSAGE : null,
                null,
                Set.of(),
                new Stamp(point.text("A"), point.text("C"), point.text("S")));
        return plan(onDelete).of(point, facts, deleted, NOW).edit();
    }

    @Test
    void writesWhatDiffersAndOfWhichStateItIs() {
        assertThat(edit(OnDelete.MARK, Map.of("kept", "x", "S", "legacy", "A", 5L), true, false))
                .contains(new Edit.Stamp("1", Map.of("C", 12L, "L", "7:2:1/20"), Set.of("S")));
        assertThat(edit(OnDelete.MARK, Map.of("A", 5L, "C", 12L, "L", "7:1:0/1"), true, false))
                .isEmpty();
    }

    /** Only what is known to be later is left alone: what another server, or nobody, has stamped is not. */
    @ParameterizedTest
    @CsvSource({
        "7:2:1/21, false",
        "7:2:1/20, true",
        "7:2:0/FF, true",
        "7:3:0/1, false",
        "7:1:9/0, true",
        "8:9:9/9, true",
        "7:2, true",
        "x:y:z, true",
        "'', true"
    })
    void anEarlierStampNeverOverwritesALaterOne(String stamped, boolean written) {
        assertThat(edit(OnDelete.MARK, Map.of("A", 4L, "C", 12L, "L", stamped), true, false)
                        .isPresent())
                .isEqualTo(written);
    }

    @Test
    void takesAPointAwayOnlyWhereItsMessageWasSeenToBeDeleted() {
        Map<String, Object> tied = Map.of("A", 5L, "C", 12L);
        assertThat(edit(OnDelete.DELETE, tied, false, true)).contains(new Edit.Removal("1"));
        assertThat(edit(OnDelete.DELETE, tied, false, false))
                .contains(new Edit.Stamp("1", Map.of("S", "orphan", "L", "7:2:1/20"), Set.of()));
        assertThat(edit(OnDelete.DELETE, tied, true, true)).isEmpty(); // it is there again
        assertThat(edit(OnDelete.KEEP, tied, false, true)).isEmpty();
    }
}
