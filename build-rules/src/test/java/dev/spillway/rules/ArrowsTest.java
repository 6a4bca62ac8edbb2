package dev.spillway.rules;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The main code keeps every rule; every rule has been seen to fail, where it is broken and nowhere else. */
class ArrowsTest {
    private static final Map<String, ArchRule> RULES = CodeRules.all();
    private static final JavaClasses MAIN_CODE = new ClassFileImporter().importPaths(Repository.mainClasses());

    @TestFactory
    Stream<DynamicTest> mainCodeKeeps() {
        return RULES.entrySet().stream()
                .map(rule -> DynamicTest.dynamicTest(
                        rule.getKey(), () -> rule.getValue().check(MAIN_CODE)));
    }

    @Test
    void everyPackageOfMainCodeIsJudged() {
        Set<String> judged = MAIN_CODE.stream().map(JavaClass::getPackageName).collect(toSet());

        assertThat(Repository.mainJavaFiles())
                .isNotEmpty()
                .extracting(file -> Repository.slashed(file)
                        .replaceFirst(".*src/main/java/", "")
                        .replaceFirst("/[^/]*$", "")
                        .replace('/', '.'))
                .allSatisfy(name -> assertThat(judged).contains(name));
    }

    @ParameterizedTest
    @MethodSource("dev.spillway.rules.Fixture#all")
    void exactlyTheBrokenRulesReportAFixture(Fixture fixture, @TempDir Path output) {
        JavaClasses compiled = CompiledFixture.compile(output, fixture.sources());

        Set<String> reporting = RULES.entrySet().stream()
                .filter(rule -> rule.getValue().evaluate(compiled).hasViolation())
                .map(Map.Entry::getKey)
                .collect(toSet());

        assertThat(reporting).isEqualTo(fixture.broken());
    }

    @Test
    void everyRuleHasAFixture() {
        assertThat(Fixture.all().flatMap(fixture -> fixture.broken().stream()).collect(toSet()))
                .isEqualTo(RULES.keySet());
    }
}
