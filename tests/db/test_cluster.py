"""The private PostGIS cluster, with the real server."""

import os
import signal
import subprocess
from pathlib import Path

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from backend.db import cluster as cluster_module
from backend.db.cluster import Cluster
from backend.home import CannotStart
from tests.conftest import running_cluster, temporary_home


def plain(url: str) -> str:
    return url.replace("+psycopg", "", 1)


@pytest.fixture(scope="module")
def provisioned(cluster: Cluster) -> Cluster:
    cluster.provision()
    cluster.provision()  # changes nothing the second time
    return cluster


def test_owner_makes_tables_and_application_uses_them(provisioned: Cluster) -> None:
    with psycopg.connect(plain(provisioned.owner_url())) as owner:
        owner.execute("CREATE TABLE place (id serial PRIMARY KEY, spot geometry(Point, 4326))")
        owner.execute("CREATE SCHEMA jobs CREATE TABLE job (id int)")
    with psycopg.connect(plain(provisioned.application_url())) as application:
        application.execute("INSERT INTO place (spot) VALUES (ST_SetSRID(ST_MakePoint(113.1, 28.2), 4326))")
        application.execute("INSERT INTO jobs.job VALUES (1)")
        application.execute("CREATE TEMPORARY TABLE batch (LIKE place)")
        assert application.execute("SELECT ST_X(spot) FROM place").fetchone() == (113.1,)
        with pytest.raises(InsufficientPrivilege):
            application.execute("CREATE TABLE mine (id int)")


def test_server_searches_chinese_and_speaks_utc(provisioned: Cluster) -> None:
    with psycopg.connect(plain(provisioned.application_url())) as application:
        row = application.execute(
            "SELECT similarity('芙蓉中路', '长沙市芙蓉中路三段') > 0.1, current_setting('timezone')"
        ).fetchone()
    assert row == (True, "UTC")


def test_wrong_password_is_refused(provisioned: Cluster) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(host="127.0.0.1", port=provisioned.port, user="liandong", password="x", dbname="liandong")


def test_copy_of_a_database_is_dropped_even_when_in_use(provisioned: Cluster) -> None:
    provisioned.create_database("original")
    provisioned.create_database("copy", template="original")
    in_use = psycopg.connect(plain(provisioned.application_url("copy")))
    provisioned.drop_database("copy")
    provisioned.drop_database("original")
    with pytest.raises(psycopg.OperationalError):
        in_use.execute("SELECT 1")
    in_use.close()


@pytest.mark.slow
def test_killed_server_leaves_room_for_the_next() -> None:
    with temporary_home() as home:
        with running_cluster(home) as cluster:
            server = int((cluster.data / "postmaster.pid").read_text().split()[0])
            os.kill(server, signal.SIGKILL)
            cluster.release()
        with running_cluster(home) as again:
            assert again.is_ready()


@pytest.mark.slow
def test_release_stops_a_server_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_module, "HELP_AFTER_S", 0.2)
    with temporary_home() as home:
        cluster = Cluster(home, home.embedded_port("postgres"), durable=False)
        cluster.prepare()
        left = subprocess.Popen(cluster.command(), env=cluster.environment(), stderr=subprocess.DEVNULL)
        cluster.wait_ready()
        cluster.release()
        assert left.wait(timeout=1) == 0


@pytest.mark.slow
def test_stale_pid_file_with_a_living_number_is_no_obstacle() -> None:
    with temporary_home() as home:
        with running_cluster(home) as cluster:
            pass
        (cluster.data / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.data}\n")
        cluster.release()
        assert not (cluster.data / "postmaster.pid").exists()


def test_other_version_and_damaged_folder_say_the_way_out() -> None:
    with temporary_home() as home:
        cluster = Cluster(home, 1, durable=False)
        cluster.prepare()
        (cluster.data / "global" / "pg_control").rename(cluster.data / "away")
        with pytest.raises(CannotStart, match=r"no global/pg_control\. Restore it .*, or move"):
            cluster.prepare()
        (cluster.data / "PG_VERSION").write_text("9\n")
        with pytest.raises(CannotStart, match=r"made by PostgreSQL 9.*apt-get install postgresql-9-postgis-3"):
            cluster.prepare()


@pytest.mark.slow
def test_lost_secrets_say_the_way_out() -> None:
    with temporary_home() as home, running_cluster(home) as cluster:
        (home.path / "secrets.json").unlink()
        with pytest.raises(CannotStart, match=r"Restore secrets\.json"):
            Cluster(home, cluster.port).is_ready()


def test_missing_postgis_names_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cluster_module, "EXTENSIONS", tmp_path)
    with temporary_home() as home, pytest.raises(CannotStart, match="apt-get install postgresql-postgis"):
        Cluster(home, 1).prepare()
