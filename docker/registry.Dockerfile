# The registry with a folder for its database that its user may write to: a new volume takes over the folder's
# owner and mode, and in the official image there is none, so that the volume would belong to root.
ARG APICURIO_VERSION
FROM apicurio/apicurio-registry:${APICURIO_VERSION}
USER root
RUN mkdir -p /var/lib/registry && chown 1001:0 /var/lib/registry && chmod 770 /var/lib/registry
USER 1001
VOLUME /var/lib/registry
