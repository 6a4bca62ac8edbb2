package dev.spillway.server.top;

/**
 * One line of what is shown. Immutable.
 *
 * @param text without anything that a terminal would obey
 */
record Line(String text, Look look) {
    /** What a line is for; a terminal with colours shows it by them, and nothing is said by colour alone. */
    enum Look {
        PLAIN,
        TITLE,
        GOOD,
        DOUBTFUL,
        BAD,
        FAINT
    }
}
