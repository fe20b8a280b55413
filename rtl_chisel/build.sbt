// The generator of the accelerator. Started through hwservice.toolchain; see CONTRIBUTING.md.
ThisBuild / organization := "proprunn"
ThisBuild / version := "0.1.0"
// Chisel 7.14.0 publishes its compiler plugin for this Scala version.
ThisBuild / scalaVersion := "2.13.16"

val chiselVersion = "7.14.0"

lazy val root = (project in file(".")).settings(
  name := "proprunn",
  libraryDependencies ++= Seq(
    "org.chipsalliance" %% "chisel" % chiselVersion,
    "org.scalatest" %% "scalatest" % "3.2.19" % Test
  ),
  addCompilerPlugin("org.chipsalliance" % "chisel-plugin" % chiselVersion cross CrossVersion.full),
  // Chisel's dependencies ask for a newer scala-library of the same binary version.
  allowUnsafeScalaLibUpgrade := true,
  scalacOptions ++= Seq(
    "-deprecation",
    "-feature",
    "-unchecked",
    "-language:reflectiveCalls",
    "-Xcheckinit",
    "-Xlint:unused",
    "-Ymacro-annotations"
  ),
  Test / parallelExecution := true,
  Test / fork := false
)

// ChiselSim builds a Verilator simulator per test: while one suite compiles, another simulates, and a small machine bears both.
Global / concurrentRestrictions += Tags.limit(Tags.Test, 2)
