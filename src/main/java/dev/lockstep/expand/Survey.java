package dev.lockstep.expand;

import dev.lockstep.model.Mapping;
import dev.lockstep.model.TableName;
import dev.lockstep.model.TableShape;
import dev.lockstep.sql.ExpandFacts;
import java.util.Map;

/**
 * The database as it stands, for a plan.
 *
 * @param shapes the mapped tables that exist, and the leaves of partitioned ones
 */
record Survey(Mapping mapping, Map<TableName, TableShape> shapes, ExpandFacts facts) {}
