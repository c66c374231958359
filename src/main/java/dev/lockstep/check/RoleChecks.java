package dev.lockstep.check;

import dev.lockstep.check.ServerFacts.Role;
import dev.lockstep.model.Finding;
import dev.lockstep.sql.Sql;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What the role may do apart from the tables. */
final class RoleChecks {

    /** What the writing sessions and `contract` call; each takes the name. */
    static final List<String> ORIGIN_FUNCTIONS = List.of(
            "pg_replication_origin_create",
            "pg_replication_origin_drop",
            "pg_replication_origin_oid",
            "pg_replication_origin_session_setup");

    private RoleChecks() {}

    /** @param expanded whether lockstep's objects have been made already */
    static List<Finding> role(Role role, boolean expanded) {
        List<Finding> findings = new ArrayList<>();
        String user = Sql.quote(role.user());
        if (!role.mayReplicate()) {
            findings.add(Finding.error(
                    "replication-privilege",
                    "role " + role.user() + " may not stream changes",
                    "ALTER ROLE " + user + " REPLICATION; -- on Amazon RDS: GRANT rds_replication TO " + user));
        }
        if (!role.mayCreateInDatabase() && !expanded) {
            findings.add(Finding.error(
                    "create-in-database",
                    "role " + role.user() + " may not create a schema and a publication in " + role.database(),
                    "GRANT CREATE ON DATABASE " + Sql.quote(role.database()) + " TO " + user + ";"));
        }
        for (String schema : role.withoutUsage()) {
            findings.add(Finding.error(
                    "schema-usage",
                    "role " + role.user() + " may not look into schema " + schema,
                    "GRANT USAGE ON SCHEMA " + Sql.quote(schema) + " TO " + user + ";"));
        }
        if (!expanded) {
            for (String schema : role.withoutCreate()) {
                findings.add(Finding.error(
                        "schema-create",
                        "role " + role.user() + " may not create tables and indexes in schema " + schema,
                        "GRANT CREATE ON SCHEMA " + Sql.quote(schema) + " TO " + user + ";"));
            }
        }
        if (!role.missingFunctions().isEmpty()) {
            findings.add(Finding.info(
                    "origin-functions",
                    "role " + role.user() + " may not tag its commits with a replication origin: its own writes come"
                            + " back through the stream and are recognised one by one, which costs time only",
                    originGrant(role.missingFunctions(), user)));
        }
        if (!role.seesSessions()) {
            findings.add(Finding.info(
                    "sessions-hidden",
                    "role " + role.user()
                            + " cannot see other roles' sessions, so neither their old transactions, for which"
                            + " `expand` waits, nor who the old writers are can be told",
                    "GRANT pg_read_all_stats TO " + user + ";"));
        }
        return findings;
    }

    private static String originGrant(List<String> functions, String user) {
        return functions.stream()
                .map(function -> function + "(text)")
                .collect(Collectors.joining(", ", "GRANT EXECUTE ON FUNCTION ", " TO " + user + ";"));
    }
}
