package dev.spillway.rules;

import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.ArchRule;
import java.util.LinkedHashMap;
import java.util.Map;

/** The rules about compiled main code, by name. Each tolerates packages that do not exist yet. */
final class CodeRules {
    private static final String CORE = "dev.spillway.core..";
    private static final String MAIN = "dev.spillway.server.Main";

    private CodeRules() {}

    static Map<String, ArchRule> all() {
        Map<String, ArchRule> rules = new LinkedHashMap<>();
        Arrows.TABLE.forEach(row -> rules.put(row.name(), arrow(row)));
        rules.put("placed", everyPackageHasItsPlace());
        rules.put("acyclic", slices().matching("dev.spillway.(**)").should().beFreeOfCycles());
        rules.put(
                "core knows no server",
                noClasses()
                        .that()
                        .resideInAPackage(CORE)
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage("dev.spillway.server.."));
        rules.put(
                "core sees no channel",
                noClasses()
                        .that()
                        .resideInAPackage(CORE)
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage("io.netty.channel..", "io.netty.handler..", "io.netty.bootstrap.."));
        rules.put(
                "core has no logger",
                noClasses()
                        .that()
                        .resideInAPackage(CORE)
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage("org.slf4j..", "ch.qos.logback..", "io.netty.util.internal.logging.."));
        rules.put(
                "no java.util.logging",
                noClasses().should().dependOnClassesThat().resideInAPackage("java.util.logging.."));
        rules.put("core reads no clock", coreReadsNoClock());
        rules.put(
                "nobody sleeps",
                noClasses()
                        .should()
                        .accessTargetWhere(call("java.lang.Thread|java.util.concurrent" + ".TimeUnit", "sleep")));
        rules.put("only the edge exits", onlyTheEdgeExits());
        rules.put("only the edge prints", onlyTheEdgePrints());
        rules.put(
                "handlers do not lock",
                noMethods()
                        .that()
                        .areDeclaredInClassesThat()
                        .resideInAnyPackage("dev.spillway.server.pipeline..", "dev.spillway.server.lane..")
                        .should()
                        .haveModifier(JavaModifier.SYNCHRONIZED));
        rules.put(
                "names say what",
                noClasses()
                        .should()
                        .haveSimpleNameEndingWith("Impl")
                        .orShould()
                        .haveNameMatching(".*(Util|Utils|Manager|Helper)"));
        rules.replaceAll((name, rule) -> rule.allowEmptyShould(true));
        return rules;
    }

    private static ArchRule arrow(Arrows.Row row) {
        String[] visible = row.visible().toArray(String[]::new);
        DescribedPredicate<JavaClass> inSight = resideInAnyPackage(visible);
        DescribedPredicate<JavaClass> element = DescribedPredicate.describe(
                "may be seen from " + row.name(),
                type -> type.getBaseComponentType().isPrimitive() || inSight.test(type.getBaseComponentType()));
        return classes()
                .that()
                .resideInAnyPackage(row.packages().toArray(String[]::new))
                .should()
                .onlyDependOnClassesThat(element);
    }

    private static ArchRule everyPackageHasItsPlace() {
        return classes()
                .should()
                .resideInAnyPackage(Arrows.placed().toArray(String[]::new))
                .as("every package of main code has a row in " + Arrows.class.getSimpleName());
    }

    private static ArchRule coreReadsNoClock() {
        return noClasses()
                .that()
                .resideInAPackage(CORE)
                .and()
                .resideOutsideOfPackage("dev.spillway.core.time")
                .should()
                .accessTargetWhere(call("java.lang.System", "nanoTime|currentTimeMillis"))
                .orShould()
                .accessTargetWhere(call("java.time\\..*", "now|systemUTC|systemDefaultZone"));
    }

    private static ArchRule onlyTheEdgeExits() {
        return noClasses()
                .that()
                .resideOutsideOfPackages("dev.spillway.server.ops", "dev.spillway.server.cli")
                .and()
                .doNotHaveFullyQualifiedName(MAIN)
                .should()
                .accessTargetWhere(call("java.lang.(System|Runtime)", "exit|halt"));
    }

    private static ArchRule onlyTheEdgePrints() {
        return noClasses()
                .that()
                .resideOutsideOfPackages("dev.spillway.server.ops", "dev.spillway.server.cli")
                .should()
                .accessTargetWhere(call("java.lang.System", "out|err"));
    }

    /** Accesses and method references alike. */
    private static DescribedPredicate<JavaAccess<?>> call(String ownerPattern, String memberPattern) {
        return target(owner(nameMatching(ownerPattern)))
                .and(target(nameMatching(memberPattern)))
                .as("%s.%s", ownerPattern, memberPattern);
    }
}
