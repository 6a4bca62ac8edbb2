/**
 * The rules of the project that no compiler checks, each with a fixture that breaks it.
 *
 * <p>Reads the sources and compiled classes of every module; nothing depends on it. Read {@link
 * dev.spillway.rules.Arrows} (the package table) and {@link dev.spillway.rules.Repository} first.
 */
@NullMarked
package dev.spillway.rules;

import org.jspecify.annotations.NullMarked;
