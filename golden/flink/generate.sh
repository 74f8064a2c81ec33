#!/bin/sh
# Builds the generator and writes data/ anew. Needs Java 17 or newer, Maven, and reach of Maven Central (or a filled local repository).
set -eu
cd "$(dirname "$0")"
mvn -q -B compile dependency:build-classpath -Dmdep.outputFile=target/classpath.txt
exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC \
  --add-opens=java.base/java.lang=ALL-UNNAMED --add-opens=java.base/java.util=ALL-UNNAMED --add-opens=java.base/java.time=ALL-UNNAMED \
  -cp "target/classes:$(cat target/classpath.txt)" golden.Main data "$@"
