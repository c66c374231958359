package dev.lockstep.vector;

import static dev.lockstep.vector.StoreFixture.FIELDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.testing.VectorSchema;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@link VectorStore} promises, for every implementation. */
abstract class StoreContract {

    private static final Selection ALL = new Selection.All();
    private static final List<String> IMPOSSIBLE = List.of(
            "not-there",
            "",
            "-1",
            "007",
            "99999999999999999999999999",
            "00000000-0000-0000-0000-00000000000",
            "a\u0000b",
            "☃");

    StoreFixture fixture;
    VectorStore store;

    /** A new, empty collection. */
    abstract StoreFixture fixture() throws Exception;

    @BeforeEach
    void open() throws Exception {
        fixture = fixture();
        store = fixture.open();
    }

    @AfterEach
    void close() {
        if (store != null) {
            store.close();
            store.close();
        }
    }

    @ParameterizedTest
    @EnumSource(VectorSchema.class)
    void everyCaseOfTheTableOfMeaningsIsStamped(VectorSchema schema) throws Exception {
        StoreMeaning.check(fixture, schema, FIELDS.texts().get(1));
    }

    @Test
    void checkNamesTheProduct() {
        assertThat(store.check()).isNotBlank().hasLineCount(1);
    }

    @Test
    void aCollectionThatIsNotThereIsAFailureThatNamesIt() {
        try (VectorStore missing = fixture.missing("nowhere")) {
            for (ThrowingCallable call : everyCall(missing)) {
                assertThatThrownBy(call)
                        .isInstanceOf(StoreFailure.class)
                        .hasMessageContaining("nowhere")
                        .message()
                        .hasLineCount(1);
            }
        }
    }

    @Test
    void anEmptyCollectionHasOneEmptyPage() {
        assertThat(store.scroll(ALL, null, 10)).isEqualTo(new Page(List.of(), null));
        assertThat(store.count(ALL)).isZero();
    }

    @Test
    void pagesHaveEachPointOnce() throws Exception {
        List<String> ids = fixture.ids(100);
        fixture.add(points(ids, Map.of("text", "hello")));
        for (int limit : List.of(7, 50, 100, 1000)) {
            assertThat(scroll(ALL, limit)).extracting(Point::id).containsExactlyInAnyOrderElementsOf(ids);
        }
        assertThat(store.count(ALL)).isEqualTo(100);
    }

    @Test
    void aCursorOutlivesItsStore() throws Exception {
        List<String> ids = fixture.ids(20);
        fixture.add(points(ids, Map.of("text", "hello")));
        Page first = store.scroll(ALL, null, 9);
        store.close();
        List<Point> seen = new ArrayList<>(first.points());
        for (String cursor = first.next(); cursor != null; ) {
            try (VectorStore another = fixture.open()) {
                Page page = another.scroll(ALL, cursor, 9);
                seen.addAll(page.points());
                cursor = page.next();
            }
        }
        assertThat(seen).extracting(Point::id).containsExactlyInAnyOrderElementsOf(ids);
    }

    @Test
    void idsThatAreNotThereArePassedOver() throws Exception {
        List<String> ids = fixture.ids(30);
        fixture.add(points(ids.subList(0, 20), Map.of("text", "hello")));
        Selection some = new Selection.Ids(
                Stream.of(ids.subList(5, 30), IMPOSSIBLE).flatMap(List::stream).collect(Collectors.toSet()));
        for (int limit : List.of(4, 100)) {
            assertThat(scroll(some, limit))
                    .extracting(Point::id)
                    .containsExactlyInAnyOrderElementsOf(ids.subList(5, 20));
        }
        assertThat(store.count(some)).isEqualTo(15);
        for (Set<String> none : List.of(Set.<String>of(), Set.copyOf(IMPOSSIBLE))) {
            assertThat(scroll(new Selection.Ids(none), 5)).isEmpty();
            assertThat(store.count(new Selection.Ids(none))).isZero();
        }
    }

    @Test
    void stringsAreFoundByText() throws Exception {
        List<String> ids = fixture.ids(30);
        fixture.add(points(ids.subList(0, 10), Map.of("agent", "ann")));
        fixture.add(points(ids.subList(10, 20), Map.of("agent", "5")));
        fixture.add(points(ids.subList(20, 30), Map.of("agent", "'\"☃\\")));
        assertFound("agent", Set.of("ann", "nobody"), ids.subList(0, 10));
        assertFound("agent", Set.of("5", "6"), ids.subList(10, 20));
        assertFound("agent", Set.of("5", "'\"☃\\"), ids.subList(10, 30));
        assertFound("agent", Set.of("nobody", "05", ""), List.of());
        assertFound("agent", Set.of(), List.of());
        assertFound("text", Set.of("ann"), List.of());
    }

    @Test
    void wholeNumbersAreFoundByText() throws Exception {
        List<String> ids = fixture.ids(20);
        fixture.add(points(ids.subList(0, 10), Map.of("whole", 5L)));
        fixture.add(points(ids.subList(10, 20), Map.of("whole", -999_999_999_999_999_999L)));
        assertFound("whole", Set.of("5", "ann"), ids.subList(0, 10));
        assertFound("whole", Set.of("-999999999999999999", "5"), ids);
        assertFound("whole", Set.of("6", "ann", "5.5", "+5", "05", "99999999999999999999"), List.of());
    }

    @Test
    void aStampKeepsEverythingElse() throws Exception {
        String id = fixture.ids(1).get(0);
        fixture.add(points(List.of(id), Map.of("text", "kept", "whole", 1L, "fraction", 2.5, "truth", true)));
        String embedding = fixture.embedding(id);
        stamp(id, Map.of("agent", "ann", "whole", 2L), Set.of());
        assertThat(payload(id))
                .isEqualTo(Map.of("text", "kept", "whole", 2L, "fraction", 2.5, "truth", true, "agent", "ann"));
        assertThat(fixture.embedding(id)).isNotBlank().isEqualTo(embedding);
    }

    @Test
    void whatIsUnsetIsGone() throws Exception {
        String id = fixture.ids(1).get(0);
        fixture.add(points(List.of(id), Map.of("text", "x", "agent", "ann")));
        stamp(id, Map.of("text", "y"), Set.of("agent", "number"));
        assertThat(payload(id)).isEqualTo(Map.of("text", "y"));
        stamp(id, Map.of(), Set.of("text"));
        assertThat(payload(id)).isEmpty();
        assertThat(store.count(ALL)).isOne();
        stamp(id, Map.of("agent", "bob"), Set.of());
        assertThat(payload(id)).isEqualTo(Map.of("agent", "bob"));
    }

    @Test
    void aStampOfNothingChangesNothing() throws Exception {
        String id = fixture.ids(1).get(0);
        fixture.add(points(List.of(id), Map.of("text", "x")));
        stamp(id, Map.of(), Set.of());
        store.write(List.of());
        assertThat(payload(id)).isEqualTo(Map.of("text", "x"));
    }

    @Test
    void valuesKeepTheirTypes() throws Exception {
        List<String> ids = fixture.ids(2);
        Map<String, Object> one =
                Map.of("text", "1", "whole", Long.MAX_VALUE, "number", 0L, "fraction", 3.0, "truth", true);
        Map<String, Object> other =
                Map.of("text", "", "whole", Long.MIN_VALUE, "number", -1L, "fraction", -1e-9, "truth", false);
        fixture.add(List.of(new Point(ids.get(0), one), new Point(ids.get(1), one)));
        assertThat(payload(ids.get(0))).isEqualTo(one);
        stamp(ids.get(1), other, Set.of());
        assertThat(payload(ids.get(1))).isEqualTo(other);
    }

    @Test
    void oddIdsAndValuesArePassedThrough() throws Exception {
        List<String> ids = fixture.oddIds();
        fixture.add(points(ids, Map.of("text", "x")));
        List<String> values = List.of("it's", "\"q\" \\ \n\t", "☃ 日本 🙂", "{\"a\": [1]}", "NULL", "null", "{a,b}", " ");
        List<Edit> edits = new ArrayList<>();
        Map<String, Object> expected = new HashMap<>();
        for (int i = 0; i < ids.size(); i++) {
            String value = values.get(i % values.size());
            edits.add(new Edit.Stamp(ids.get(i), Map.of("text", value, "Odd.key's name", value), Set.of()));
            expected.put(ids.get(i), Map.of("text", value, "Odd.key's name", value));
        }
        store.write(edits);
        assertThat(payloads(ALL)).isEqualTo(expected);
        assertThat(payloads(new Selection.Ids(Set.copyOf(ids)))).isEqualTo(expected);
        assertFound("text", Set.copyOf(values), ids);
        store.write(List.of(new Edit.Stamp(ids.get(0), Map.of(), Set.of("Odd.key's name"))));
        assertThat(payload(ids.get(0))).containsOnlyKeys("text");
        store.write(ids.stream().<Edit>map(Edit.Removal::new).toList());
        assertThat(store.count(ALL)).isZero();
    }

    @Test
    void manyEditsAtOnce() throws Exception {
        List<String> ids = fixture.ids(2345);
        fixture.add(points(ids, Map.of("text", "x")));
        List<Edit> edits = new ArrayList<>();
        for (int i = 0; i < ids.size(); i++) {
            edits.add(
                    i % 10 == 0
                            ? new Edit.Removal(ids.get(i))
                            : new Edit.Stamp(
                                    ids.get(i), Map.of("agent", "agent-" + i, "whole", (long) i), Set.of("text")));
        }
        store.write(edits);
        Map<String, Map<String, Object>> payloads = payloads(ALL);
        assertThat(payloads).hasSize(2110);
        for (int i = 1; i < ids.size(); i += i % 10 == 9 ? 2 : 1) {
            assertThat(payloads.get(ids.get(i))).isEqualTo(Map.of("agent", "agent-" + i, "whole", (long) i));
        }
        assertThat(scroll(new Selection.Ids(Set.copyOf(ids)), 500)).hasSize(2110);
    }

    @Test
    void pointsThatAreNotThereAreNotMade() throws Exception {
        List<String> ids = fixture.ids(4);
        fixture.add(points(List.of(ids.get(1), ids.get(3)), Map.of("text", "x")));
        List<Edit> edits = new ArrayList<>();
        Stream.concat(ids.stream(), IMPOSSIBLE.stream())
                .forEach(id -> edits.add(new Edit.Stamp(id, Map.of("agent", "ann"), Set.of("text"))));
        store.write(edits);
        Map<String, Object> stamped = Map.of("agent", "ann");
        assertThat(payloads(ALL)).isEqualTo(Map.of(ids.get(1), stamped, ids.get(3), stamped));
        store.write(Stream.concat(ids.stream(), IMPOSSIBLE.stream())
                .<Edit>map(Edit.Removal::new)
                .toList());
        assertThat(store.count(ALL)).isZero();
    }

    @Test
    void aRepeatedWriteChangesNothing() throws Exception {
        List<String> ids = fixture.ids(3);
        fixture.add(points(ids, Map.of("text", "x", "whole", 1L)));
        List<Edit> edits = List.of(
                new Edit.Stamp(ids.get(0), Map.of("agent", "ann"), Set.of("whole")), new Edit.Removal(ids.get(1)));
        store.write(edits);
        Map<String, Map<String, Object>> once = payloads(ALL);
        store.write(edits);
        assertThat(payloads(ALL)).isEqualTo(once).containsOnlyKeys(ids.get(0), ids.get(2));
    }

    @Test
    void anInterruptedThreadGetsAFailureAndStaysInterrupted() {
        for (ThrowingCallable call : everyCall(store)) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(call).isInstanceOf(StoreFailure.class);
            assertThat(Thread.interrupted()).isTrue();
        }
        assertThat(store.count(ALL)).isZero();
    }

    static List<ThrowingCallable> everyCall(VectorStore store) {
        String id = "018f4e6e-0000-7000-8000-000000000001";
        return List.of(
                store::check,
                () -> store.scroll(ALL, null, 5),
                () -> store.count(ALL),
                () -> store.count(new Selection.AnyOf("agent", Set.of("1"))),
                () -> store.write(List.of(new Edit.Stamp(id, Map.of("agent", "ann"), Set.of()))),
                () -> store.write(List.of(new Edit.Removal(id))));
    }

    private static List<Point> points(List<String> ids, Map<String, Object> payload) {
        assertThat(FIELDS.all()).containsAll(payload.keySet());
        return ids.stream().map(id -> new Point(id, payload)).toList();
    }

    private void stamp(String id, Map<String, Object> set, Set<String> unset) {
        store.write(List.of(new Edit.Stamp(id, set, unset)));
    }

    private void assertFound(String field, Set<String> values, List<String> ids) {
        Selection which = new Selection.AnyOf(field, values);
        assertThat(scroll(which, 7)).extracting(Point::id).containsExactlyInAnyOrderElementsOf(ids);
        assertThat(store.count(which)).isEqualTo(ids.size());
    }

    private Map<String, Object> payload(String id) {
        return payloads(new Selection.Ids(Set.of(id))).get(id);
    }

    private Map<String, Map<String, Object>> payloads(Selection which) {
        return scroll(which, 1000).stream()
                .collect(Collectors.toMap(Point::id, this::added, (a, b) -> a, TreeMap::new));
    }

    private Map<String, Object> added(Point point) {
        Map<String, Object> added = new HashMap<>(point.payload());
        added.keySet().removeAll(fixture.ownFields());
        return added;
    }

    /** All pages. */
    private List<Point> scroll(Selection which, int limit) {
        List<Point> points = new ArrayList<>();
        String cursor = null;
        do {
            Page page = store.scroll(which, cursor, limit);
            assertThat(page.points()).hasSizeLessThanOrEqualTo(limit);
            points.addAll(page.points());
            cursor = page.next();
        } while (cursor != null);
        return points;
    }
}
