package dev.lockstep.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.Publication;
import dev.lockstep.model.TableName;
import dev.lockstep.model.TableShape;
import dev.lockstep.model.TableShape.ReplicaIdentity;
import dev.lockstep.testing.LegacySchema;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PublicationSpecTest {

    private static final TableName MESSAGES = new TableName("public", "Messages");
    private static final TableName CONVERSATIONS = new TableName("public", "Conversations");

    private final Map<TableName, TableShape> shapes = LegacyShapes.of(LegacySchema.PASCAL);
    private final Mapping mapping = MappingResolver.resolve(LegacySchema.PASCAL.spec(), shapes);

    @Test
    void content_and_hash_are_never_published() {
        assertThat(spec().tables().get(MESSAGES))
                .contains(Set.of("Id", "FromPersonaId", "FromAgentId", "ConversationId"));
    }

    @Test
    void what_it_makes_does_not_differ_from_it() {
        assertThat(spec().differenceFrom(actual(spec().tables(), Set.of()))).isEmpty();
        assertThat(spec().losing(actual(spec().tables(), Set.of()))).isEmpty();
    }

    @Test
    void a_full_identity_gets_no_column_list() {
        identity(ReplicaIdentity.FULL, List.of(), true);

        assertThat(spec().tables().get(MESSAGES)).isEmpty();
        assertThat(spec().tables().get(CONVERSATIONS)).isPresent();
    }

    @Test
    void a_leaf_with_a_full_identity_leaves_its_root_without_column_list() {
        TableShape leaf = LegacyShapes.withIdentity(
                LegacyShapes.table("public.Messages_1", "Id", "Id uuid"), ReplicaIdentity.FULL, List.of(), false);
        shapes.put(leaf.name(), leaf);
        shapes.put(MESSAGES, LegacyShapes.partitioned(shapes.get(MESSAGES), leaf.name()));

        assertThat(spec().tables().get(MESSAGES)).isEmpty();
    }

    @Test
    void the_columns_of_a_chosen_identity_index_are_published_too() {
        identity(ReplicaIdentity.INDEX, List.of("UpdatedAt"), false);

        assertThat(spec().tables().get(MESSAGES).orElseThrow()).contains("Id", "UpdatedAt");
    }

    @Test
    void an_identity_that_would_make_writers_fail_is_refused() {
        identity(ReplicaIdentity.NOTHING, List.of(), false);
        assertThatThrownBy(this::spec)
                .isInstanceOf(LockstepException.class)
                .hasMessageContaining("public.Messages has REPLICA IDENTITY NOTHING");

        identity(ReplicaIdentity.DEFAULT, List.of("Id"), true);
        assertThatThrownBy(this::spec).hasMessageContaining("public.Messages has a deferrable primary key");
    }

    @Test
    void every_alteration_is_named() {
        Map<TableName, Optional<Set<String>>> tables = new HashMap<>(spec().tables());
        tables.remove(CONVERSATIONS);
        tables.put(MESSAGES, Optional.empty());
        tables.put(new TableName("public", "Orders"), Optional.empty());
        Publication altered =
                new Publication("lockstep", false, Set.of("audit"), Set.of("insert"), false, tables, Set.of(MESSAGES));

        assertThat(spec().differenceFrom(altered))
                .containsExactly(
                        "it publishes the whole schema audit",
                        "it does not publish delete",
                        "it does not publish truncate",
                        "it does not publish update",
                        "publish_via_partition_root is off",
                        "it does not publish public.Conversations",
                        "public.Messages is published with all columns instead of the columns"
                                + " ConversationId, FromAgentId, FromPersonaId, Id",
                        "public.Messages has a row filter",
                        "it publishes public.Orders, which is not mapped");
    }

    @Test
    void only_tables_that_lost_changes_are_locked_for_the_repair() {
        Map<TableName, Optional<Set<String>>> tables = new HashMap<>(spec().tables());
        tables.remove(CONVERSATIONS);
        tables.put(MESSAGES, Optional.empty());

        assertThat(spec().alterSql(actual(tables, Set.of())))
                .containsExactly("LOCK TABLE \"public\".\"Conversations\" IN SHARE ROW EXCLUSIVE MODE", """
                        ALTER PUBLICATION "lockstep" SET (publish = 'insert, update, delete, truncate', publish_via_partition_root = true)\
                        """, """
                        ALTER PUBLICATION "lockstep" SET TABLE
                          "public"."Personas" ("Id"),
                          "public"."Agents" ("Id", "PersonaId"),
                          "public"."Conversations" ("Id", "PersonaId", "AgentId"),
                          "public"."Messages" ("Id", "FromPersonaId", "FromAgentId", "ConversationId")\
                        """);
    }

    @Test
    void a_publication_of_all_tables_cannot_become_ours() {
        Publication all =
                new Publication("lockstep", true, Set.of(), Publication.ALL_OPERATIONS, true, Map.of(), Set.of());

        assertThat(spec().differenceFrom(all)).containsExactly("it publishes all tables");
        assertThatThrownBy(() -> spec().alterSql(all)).hasMessageContaining("publishes all tables");
    }

    private PublicationSpec spec() {
        return PublicationSpec.of("lockstep", mapping, shapes, 18);
    }

    private void identity(ReplicaIdentity identity, List<String> columns, boolean deferrable) {
        shapes.put(MESSAGES, LegacyShapes.withIdentity(shapes.get(MESSAGES), identity, columns, deferrable));
    }

    private static Publication actual(Map<TableName, Optional<Set<String>>> tables, Set<TableName> filtered) {
        return new Publication("lockstep", false, Set.of(), Publication.ALL_OPERATIONS, true, tables, filtered);
    }
}
