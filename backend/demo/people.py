"""The demo's people: somebody for each role, whom one may be with one click on this machine. They have no password."""

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from backend.demo.bodies import Body
from backend.errors import NotFound
from backend.identity.granting import put_grant
from backend.identity.people import add_person, find_person

# Log-in name, role, kind of body (the first of it in the demo), name in both languages.
PEOPLE = (
    ("demo.supervisor", "shift_supervisor", "city", "周建国", "Zhou Jianguo"),
    ("demo.dispatcher", "dispatcher", "city", "林晓燕", "Lin Xiaoyan"),
    ("demo.district", "dispatcher", "district", "陈志强", "Chen Zhiqiang"),
    ("demo.leader", "leader", "city", "吴文斌", "Wu Wenbin"),
    ("demo.squad-leader", "squad_leader", "squad", "黄海涛", "Huang Haitao"),
    ("demo.officer", "officer", "squad", "刘洋", "Liu Yang"),
    ("demo.collector", "collector", "district", "赵敏", "Zhao Min"),
    ("demo.call-taker", "call_taker", "city", "孙丽", "Sun Li"),
    ("demo.senior-call-taker", "senior_call_taker", "city", "何静", "He Jing"),
    ("demo.quality", "quality_inspector", "city", "马俊", "Ma Jun"),
    ("demo.intake", "intake", "city", "郭芳", "Guo Fang"),
    ("demo.department", "department_officer", "department", "罗勇", "Luo Yong"),
    ("demo.assessor", "assessor", "city", "梁慧", "Liang Hui"),
    ("demo.fleet", "fleet_manager", "city", "唐强", "Tang Qiang"),
    ("demo.wallboard", "wallboard", "city", "指挥大屏", "Wallboard"),
    ("demo.system", "system_administrator", "city", "徐磊", "Xu Lei"),
    ("demo.security", "security_administrator", "city", "邓超", "Deng Chao"),
    ("demo.auditor", "auditor", "city", "冯雪", "Feng Xue"),
)


async def add_people(session: AsyncSession, bodies: Sequence[Body], ids: Mapping[str, int]) -> None:
    """Add those that are missing, each with a role for the own body and what is below it. `ids`: key of body → id."""
    for login, role, kind, name, name_en in PEOPLE:
        try:
            await find_person(session, login)
        except NotFound:
            body = ids[next(one.key for one in bodies if one.kind == kind)]
            person = await add_person(session, login, name, body, name_en=name_en, simulated=True)
            scope = {"everything": True} if kind == "city" else {"body": body}
            await put_grant(session, person, scope, role=role, reason="demo")
