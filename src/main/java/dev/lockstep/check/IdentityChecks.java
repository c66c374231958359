package dev.lockstep.check;

import dev.lockstep.model.Finding;
import dev.lockstep.model.TableName;
import dev.lockstep.model.TableShape;
import dev.lockstep.model.TableShape.ReplicaIdentity;
import dev.lockstep.sql.Sql;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Replica identities. A publication of a table without a usable one makes its writers' UPDATE fail, so such a table is
 * refused. Of a partitioned table each partition's own counts.
 */
final class IdentityChecks {

    private IdentityChecks() {}

    /** @param captured the tables to be published */
    static List<Finding> identities(Collection<TableName> captured, Map<TableName, TableShape> shapes) {
        return captured.stream()
                .flatMap(table -> Optional.ofNullable(shapes.get(table)).stream())
                .flatMap(shape -> shape.leaves().stream())
                .flatMap(leaf -> Optional.ofNullable(shapes.get(leaf)).stream())
                .flatMap(leaf -> identity(leaf).stream())
                .toList();
    }

    private static Optional<Finding> identity(TableShape shape) {
        String alter = "ALTER TABLE " + Sql.quote(shape.name()) + " ";
        return switch (shape.identity()) {
            case FULL ->
                Optional.of(Finding.info(
                        "replica-identity-full",
                        shape.name()
                                + " has REPLICA IDENTITY FULL: it is published with all columns, and streams slower",
                        alter + "REPLICA IDENTITY DEFAULT; -- if nobody else needs FULL"));
            case NOTHING -> Optional.of(unusable(shape, "has REPLICA IDENTITY NOTHING", alter));
            case INDEX ->
                shape.replicaIdentityColumns().isEmpty()
                        ? Optional.of(unusable(shape, "has lost the index of its replica identity", alter))
                        : Optional.empty();
            case DEFAULT ->
                isDeferrable(shape)
                        ? Optional.of(Finding.error(
                                "deferrable-key",
                                "the primary key of " + shape.name()
                                        + " is deferrable; once published, every UPDATE and DELETE of it would fail",
                                alter + "REPLICA IDENTITY FULL; -- or make the key not deferrable"))
                        : Optional.empty();
        };
    }

    private static boolean isDeferrable(TableShape shape) {
        return shape.identity() == ReplicaIdentity.DEFAULT && shape.primaryKeyDeferrable();
    }

    private static Finding unusable(TableShape shape, String why, String alter) {
        return Finding.error(
                "replica-identity-nothing",
                shape.name() + " " + why + "; once published, every UPDATE and DELETE of it would fail",
                alter + "REPLICA IDENTITY DEFAULT;");
    }
}
