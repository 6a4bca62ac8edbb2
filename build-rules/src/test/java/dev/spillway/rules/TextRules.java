package dev.spillway.rules;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What must not, or must, be written in a file. Words that are looked for are spelled in parts here, so that this file
 * keeps its own rules.
 */
final class TextRules {
    /** Places of the machine something was made on, and promises that nobody can follow up. */
    private static final Map<String, Pattern> EVERYWHERE = Map.of(
            "a path of one machine",
            Pattern.compile("(?<![\\w.$}])/(?:work|farm)" + "/|(?<!\\w)\\." + "library\\b"),
            "a note without its issue: write (#1) after it",
            Pattern.compile("\\b(?:TO" + "DO|FIX" + "ME)\\b(?! ?\\(#\\d+\\))"));

    private static final Map<String, Pattern> IN_TESTS = Map.of(
            "a test that sleeps: await a condition", Pattern.compile("\\bThread\\.sl" + "eep\\b"),
            "a test that is switched off", Pattern.compile("@(?:[\\w.]+\\.)?Dis" + "abled\\w*"));

    private static final Pattern TEST_ANNOTATION = Pattern.compile(
            "@(?:[\\w.]+\\.)?(?:Test|ParameterizedTest|RepeatedTest|TestFactory|TestTemplate|Property|Example)\\b");

    private TextRules() {}

    static List<String> offences(Path file, byte[] content) {
        String text = new String(content, StandardCharsets.UTF_8);
        if (text.indexOf('\0') >= 0) {
            return List.of(); // not a text
        }
        List<String> found = new ArrayList<>(matches(file, text, EVERYWHERE));
        if (isTest(file)) {
            found.addAll(matches(file, text, IN_TESTS));
        }
        if (isTestClass(file) && !TEST_ANNOTATION.matcher(text).find()) {
            found.add(Repository.slashed(file) + ": a test class without a test");
        }
        return found;
    }

    private static List<String> matches(Path file, String text, Map<String, Pattern> patterns) {
        List<String> lines = text.lines().toList();
        Stream<Integer> numbers = Stream.iterate(0, number -> number < lines.size(), number -> number + 1);
        return numbers.flatMap(number -> patterns.entrySet().stream()
                        .filter(rule ->
                                rule.getValue().matcher(lines.get(number)).find())
                        .map(rule -> Repository.slashed(file) + ":" + (number + 1) + ": " + rule.getKey()))
                .toList();
    }

    private static boolean isTest(Path file) {
        return Repository.slashed(file).contains("src/test/java/");
    }

    private static boolean isTestClass(Path file) {
        return isTest(file) && file.toString().matches(".*(Test|IT)\\.java");
    }
}
