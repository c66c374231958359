package dev.lockstep.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.journal.JournalReader.Range;
import dev.lockstep.journal.JournalSearch.Side;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.RowChange;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JournalSearchTest {

    @ParameterizedTest
    @CsvSource({"0, 0", "9, 0", "10, 1", "25, 2", "30, 3", "49, 4", "50, 5", "99, 5"})
    void findsTheFirstBehindAPoint(long point, long expected) throws Exception {
        assertThat(first(List.of(10L, 20L, 30L, 40L, 50L), point)).isEqualTo(expected);
    }

    /** 0: its end was not known yet. */
    @ParameterizedTest
    @CsvSource({"10, 1", "15, 1", "20, 4", "5, 0"})
    void aTransactionWithoutItsEndIsNotCut(long point, long expected) throws Exception {
        assertThat(first(List.of(10L, 0L, 0L, 20L, 30L), point)).isEqualTo(expected);
    }

    @Test
    void nothingIsKept() throws Exception {
        assertThat(first(List.of(), 7)).isZero();
    }

    /** Runs begin anew from further back wherever a process was killed; whatever the search hits on, nothing is passed over. */
    @Test
    void whatWasSentAgainHidesNothing() throws Exception {
        for (int seed = 0; seed < 500; seed++) {
            Random random = new Random(seed);
            List<Long> sent = new ArrayList<>();
            long next = 1;
            while (next < 60) {
                boolean again = random.nextInt(8) == 0;
                next = again ? Math.max(1, next - random.nextInt(20)) : next;
                sent.add(random.nextInt(6) == 0 && !again ? -next : next); // one whose end is not known
                next++;
            }
            long point = random.nextInt(65);
            long first = first(sent.stream().map(v -> v < 0 ? 0L : v).toList(), point);
            Set<Long> left = new HashSet<>();
            sent.subList((int) first, sent.size()).forEach(v -> left.add(Math.abs(v)));
            for (long change = point + 1; change < 60; change++) {
                assertThat(left).as("seed %d, from %d on", seed, first).contains(change);
            }
        }
    }

    private static long first(List<Long> commits, long point) throws Exception {
        JournalSearch search = new JournalSearch((partition, offset) -> {
            List<JournalEntry> page = new ArrayList<>();
            for (long i = offset; i < Math.min(commits.size(), offset + 2); i++) {
                page.add(new JournalEntry(partition, i, change(commits.get((int) i))));
            }
            return page;
        });
        return search.first(0, new Range(0, commits.size()), change -> {
            Lsn commit = change.commitLsn();
            return commit == null ? Side.UNKNOWN : commit.value() <= point ? Side.BEFORE : Side.BEHIND;
        });
    }

    private static JournalRecord change(long commit) {
        return new JournalRecord(
                new TableName("public", "t"),
                RowKey.of("1"),
                RowChange.Op.INSERT,
                commit == 0 ? null : new Lsn(commit),
                Lsn.ZERO,
                1,
                Instant.EPOCH,
                true);
    }
}
