package dev.lockstep.check;

import dev.lockstep.check.ServerFacts.NameUse;
import dev.lockstep.check.ServerFacts.Slot;
import dev.lockstep.model.Finding;
import dev.lockstep.sql.Sql;
import java.util.ArrayList;
import java.util.List;

/** Whether schema, slot and publication of the configured name are free, or lockstep's own. */
final class NameChecks {

    private static final String OTHER_NAME = "choose another `name:` in the configuration";

    private NameChecks() {}

    /** @param database the one we are connected to */
    static List<Finding> name(String name, String database, NameUse use) {
        List<Finding> findings = new ArrayList<>();
        if (use.schemaExists() && !use.schemaOurs()) {
            findings.add(Finding.error(
                    "schema-name-taken", "there is a schema " + name + " that is not lockstep's", OTHER_NAME));
        }
        if (use.publicationExists() && !use.schemaOurs()) {
            findings.add(Finding.error(
                    "publication-name-taken",
                    "there is a publication " + name + " that is not lockstep's",
                    OTHER_NAME + ", or if nobody needs it: DROP PUBLICATION " + Sql.quote(name) + ";"));
        }
        if (use.slot() != null && !isOurs(use.slot(), database, use.schemaOurs())) {
            findings.add(Finding.error(
                    "slot-name-taken",
                    "there is a replication slot " + name + " that is not lockstep's: " + described(use.slot()),
                    OTHER_NAME + ", or if nobody needs it: SELECT pg_drop_replication_slot(" + Sql.literal(name)
                            + ");"));
        }
        return findings;
    }

    static boolean isOurs(Slot slot, String database, boolean schemaOurs) {
        return schemaOurs && slot.plugin().equals("pgoutput") && slot.database().equals(database);
    }

    private static String described(Slot slot) {
        return slot.plugin().isEmpty() ? "a physical one" : slot.plugin() + " in database " + slot.database();
    }
}
