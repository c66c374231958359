package dev.lockstep;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.Map.entry;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Map;

/** The package levels of docs/ARCHITECTURE.md: arrows point down only. */
@AnalyzeClasses(packages = "dev.lockstep", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    private static final String ROOT = "dev.lockstep.";
    private static final int ADAPTERS = 4;
    private static final DescribedPredicate<JavaClass> STORES = resideInAPackage("dev.lockstep.vector.(*)..");

    private static final Map<String, Integer> LEVELS = Map.ofEntries(
            entry("model", 0),
            entry("sql", 1),
            entry("config", 2),
            entry("catalog", 2),
            entry("database", 2),
            entry("state", 2),
            entry("derive", 2),
            entry("check", 3),
            entry("expand", 3),
            entry("sync", 3),
            entry("backfill", 3),
            entry("verify", 3),
            entry("cutover", 3),
            entry("vector", 3),
            entry("savepoint", 3),
            entry("throttle", 3),
            entry("courtesy", 3),
            entry("capture", ADAPTERS),
            entry("journal", ADAPTERS),
            entry("monitor", ADAPTERS),
            entry("connect", 5),
            entry("run", 5),
            entry("replay", 5),
            entry("cli", 5),
            entry("demo", 5),
            entry("rehearse", 5));

    @ArchTest
    static final ArchRule everyPackageHasALevel =
            classes().should(be("in a package with a level", c -> LEVELS.containsKey(top(c))));

    @ArchTest
    static final ArchRule arrowsPointDownOnly =
            classes().should(dependOnlyOn("no higher level", (from, to) -> level(to) <= level(from)));

    @ArchTest
    static final ArchRule adaptersNeverSeeEachOther = classes()
            .that(describe("are adapters", c -> level(c) == ADAPTERS))
            .should(dependOnlyOn("no other adapter", (from, to) -> level(to) != ADAPTERS || top(to).equals(top(from))))
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule storesNeverSeeEachOther = slices().matching("dev.lockstep.vector.(*)..")
            .namingSlices("store $1")
            .should()
            .notDependOnEachOther();

    @ArchTest
    static final ArchRule thePortSeesNoStore =
            noClasses().that(resideInAPackage("dev.lockstep.vector")).should().dependOnClassesThat(STORES);

    @ArchTest
    static final ArchRule onlyTheWiringSeesStores = noClasses()
            .that(DescribedPredicate.not(STORES).and(describe("are below the drivers", c -> level(c) < 5)))
            .should()
            .dependOnClassesThat(STORES);

    @ArchTest
    static final ArchRule onlyItsStoreSeesQdrant = noClasses()
            .that(DescribedPredicate.not(resideInAPackage("dev.lockstep.vector.qdrant..")))
            .should()
            .dependOnClassesThat(resideInAnyPackage("io.qdrant..", "io.grpc..", "com.google.."));

    @ArchTest
    static final ArchRule modelAndSqlSeeTheJdkAlone = classes()
            .that(resideInAnyPackage("..lockstep.model..", "..lockstep.sql.."))
            .should()
            .onlyDependOnClassesThat(
                    resideInAnyPackage("java..", "org.jspecify..", "dev.lockstep.model..", "dev.lockstep.sql.."))
            .andShould()
            .onlyDependOnClassesThat(describe(
                    "do no I/O",
                    c -> !c.getPackageName().startsWith("java.sql")
                            && !c.getPackageName().startsWith("java.net")
                            && !c.getPackageName().startsWith("java.nio.file")));

    @ArchTest
    static final ArchRule onlyTheEngineSeesDebeziumAndConnect = noClasses()
            .that(resideInAPackage("dev.lockstep..")
                    .and(DescribedPredicate.not(
                            resideInAnyPackage("dev.lockstep.capture.debezium..", "dev.lockstep.connect.."))))
            .should()
            .dependOnClassesThat(resideInAnyPackage("io.debezium..", "org.apache.kafka.connect.."));

    @ArchTest
    static final ArchRule onlyTheJournalSeesKafka = noClasses()
            .that(resideInAPackage("dev.lockstep..")
                    .and(DescribedPredicate.not(resideInAnyPackage(
                            "dev.lockstep.capture.debezium..", "dev.lockstep.connect..", "dev.lockstep.journal.."))))
            .should()
            .dependOnClassesThat(resideInAPackage("org.apache.kafka.."));

    @ArchTest
    static final ArchRule onlyThePageSeesTheWebServer = noClasses()
            .that(DescribedPredicate.not(resideInAPackage("dev.lockstep.monitor.http..")))
            .should()
            .dependOnClassesThat(
                    resideInAnyPackage("io.javalin..", "org.eclipse.jetty..", "jakarta.servlet..", "kotlin.."));

    @ArchTest
    static final ArchRule onlyTheCommandLineSeesPicocliAndExits = noClasses()
            .that(resideInAPackage("dev.lockstep..")
                    .and(DescribedPredicate.not(resideInAnyPackage("dev.lockstep.cli.."))))
            .should()
            .dependOnClassesThat(resideInAPackage("picocli.."))
            .orShould()
            .callMethod(System.class, "exit", int.class);

    private interface Arrow {
        boolean isAllowed(JavaClass from, JavaClass to);
    }

    private interface Property {
        boolean holdsFor(JavaClass c);
    }

    private static ArchCondition<JavaClass> dependOnlyOn(String what, Arrow arrow) {
        return new ArchCondition<>("depend on " + what) {
            @Override
            public void check(JavaClass from, ConditionEvents events) {
                from.getDirectDependenciesFromSelf().stream()
                        .filter(d -> isOurs(d.getTargetClass()) && !arrow.isAllowed(from, d.getTargetClass()))
                        .forEach(d -> events.add(SimpleConditionEvent.violated(d, d.getDescription())));
            }
        };
    }

    private static ArchCondition<JavaClass> be(String what, Property property) {
        return new ArchCondition<>("be " + what) {
            @Override
            public void check(JavaClass c, ConditionEvents events) {
                if (!property.holdsFor(c)) {
                    events.add(SimpleConditionEvent.violated(c, c.getName() + " is not " + what));
                }
            }
        };
    }

    private static boolean isOurs(JavaClass c) {
        return c.getPackageName().startsWith(ROOT);
    }

    private static int level(JavaClass c) {
        return LEVELS.getOrDefault(top(c), Integer.MAX_VALUE);
    }

    /** The first part of the package below ours. */
    private static String top(JavaClass c) {
        String inside = isOurs(c) ? c.getPackageName().substring(ROOT.length()) : "";
        int dot = inside.indexOf('.');
        return dot < 0 ? inside : inside.substring(0, dot);
    }
}
