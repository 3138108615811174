#!/bin/sh
# Takes out of the environment at $1 what no role of the image uses; what stays is complete and by itself.
set -eu
spark=$(echo "$1"/lib/python3*/site-packages/pyspark)
for link in "$spark"/jars/*.jar "$spark"/table-jars/*.jar; do
    [ ! -L "$link" ] || cp --remove-destination "$(readlink -f "$link")" "$link"
done
# Spark Connect, machine learning, Hive and their own dependencies; natives of other systems; examples.
cd "$spark/jars"
rm -rf connect-repl spark-connect_* spark-mllib_* spark-graphx_* spark-hive* breeze_* spire* cats-kernel_* \
    algebra_* hive-* derby* JTransforms* libthrift-* libfb303-* datanucleus-* bonecp-* jdo-api-* javax.jdo-* \
    ./*-windows-x86_64.jar ./*-osx-*.jar
case $(uname -m) in
    x86_64) rm -f ./*-linux-aarch_64.jar ;;
    aarch64) rm -f ./*-linux-x86_64.jar ;;
esac
rm -rf "$spark/../pyarrow/include" "$spark/../pyarrow/tests"
rm -rf "$spark/examples" "$spark/ml" "$spark/mllib" "$spark/python"
"$1/bin/python" -m pip uninstall -q -y pip setuptools
