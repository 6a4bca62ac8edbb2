package dev.spillway.rules;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** A file of main code is one thing, a method of it fits a screen. */
class LengthTest {
    @Test
    void nothingInMainCodeIsTooLong() {
        assertThat(Repository.mainJavaFiles())
                .flatExtracting(file -> Lengths.tooLong(Repository.slashed(file), Repository.read(file)))
                .isEmpty();
    }

    @Test
    void longMethodIsReportedWithItsPlace() {
        assertThat(Lengths.tooLong("A.java", "class A {\n" + method("a();\n".repeat(59)) + "}\n"))
                .containsExactly("A.java:2 m has 61 lines, more than 60");
        assertThat(Lengths.tooLong("A.java", "class A {\n" + method("a();\n".repeat(58)) + "}\n"))
                .isEmpty();
    }

    @Test
    void everyOffenderIsReported() {
        String body = "a();\n".repeat(60);

        assertThat(Lengths.tooLong(
                        "A.java",
                        "class A {\nA() {\n" + body + "}\nstatic {\n" + body + "}\n" + method(body) + "class B {\n"
                                + method(body) + "}\n}\n"))
                .hasSize(4);
    }

    @Test
    void longFileIsReported() {
        assertThat(Lengths.tooLong("A.java", "class A {\n" + "\n".repeat(499) + "}\n"))
                .containsExactly("A.java has 501 lines, more than 500");
    }

    @Test
    void oneFlatSwitchMayBeLong() {
        assertThat(Lengths.tooLong("A.java", "class A {\n" + method(flatSwitch("a();")) + "}\n"))
                .isEmpty();
        assertThat(Lengths.tooLong("A.java", "class A {\n" + method("return " + flatSwitch("1;") + ";") + "}\n"))
                .isEmpty();
    }

    @Test
    void switchThatIsNotFlatMayNot() {
        assertThat(Lengths.tooLong("A.java", "class A {\n" + method(flatSwitch("{ while (true) a(); }")) + "}\n"))
                .hasSize(1);
        assertThat(Lengths.tooLong("A.java", "class A {\n" + method(flatSwitch("{ switch (b) {} }")) + "}\n"))
                .hasSize(1);
        assertThat(Lengths.tooLong("A.java", "class A {\n" + method("a();" + flatSwitch("a();")) + "}\n"))
                .hasSize(1);
    }

    private static String method(String body) {
        return "int m() {\n" + body + "}\n";
    }

    private static String flatSwitch(String action) {
        return "switch (a) {\n" + ("case 1 -> " + action + "\n").repeat(70) + "}\n";
    }
}
