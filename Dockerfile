# lockstep from its distribution, which "bin/lockstep --version" or "mvn package" makes first. Any base with bash and a Java 17+ runtime does.
ARG JRE_IMAGE=eclipse-temurin:21-jre
FROM ${JRE_IMAGE}
COPY target/lockstep-dist /opt/lockstep
ENV PATH=/opt/lockstep/bin:$PATH
WORKDIR /etc/lockstep
USER 10001:10001
EXPOSE 8080
ENTRYPOINT ["/opt/lockstep/bin/lockstep"]
CMD ["--help"]
