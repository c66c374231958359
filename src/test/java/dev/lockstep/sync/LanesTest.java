package dev.lockstep.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import dev.lockstep.sync.BatchPlan.Hint;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LanesTest {

    private static final TableName TABLE = new TableName("public", "Messages");

    @Test
    void fewRowsStayTogether() {
        assertThat(Lanes.split(Map.of(TABLE, rows(Lanes.ALONE)), 4)).hasSize(1);
    }

    @Test
    void everyRowIsInExactlyOneLaneBesideItsNeighbours() {
        Map<RowKey, Hint> rows = rows(5000);
        List<Map<TableName, Lanes.Work>> split = Lanes.split(Map.of(TABLE, rows), 3);
        assertThat(split).hasSize(3);
        List<RowKey> all = new ArrayList<>();
        split.forEach(lane -> all.addAll(lane.get(TABLE).keys()));
        assertThat(all).hasSize(5000);
        assertThat(all).containsExactlyElementsOf(rows.keySet());
        split.forEach(lane -> assertThat(lane.get(TABLE).keys()).hasSizeBetween(1600, 1700));
    }

    @Test
    void onlyRowsWithoutAPersonaGetTheSecondStatement() {
        Map<RowKey, Hint> rows = new LinkedHashMap<>();
        rows.put(RowKey.of("1"), new Hint("p1", null));
        rows.put(RowKey.of("2"), new Hint(null, null));
        Lanes.Work work = Lanes.split(Map.of(TABLE, rows), 2).get(0).get(TABLE);
        assertThat(work.keys()).hasSize(2);
        assertThat(work.withoutPersona()).containsExactly(RowKey.of("2"));
    }

    private static Map<RowKey, Hint> rows(int count) {
        Map<RowKey, Hint> rows = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            rows.put(RowKey.of(Integer.toString(i)), new Hint("p", null));
        }
        return rows;
    }
}
