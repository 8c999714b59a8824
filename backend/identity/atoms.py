"""The atoms of permission: what one may do, each with its words. A route or topic without one does not start."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Atom:
    """One permission."""

    name: str
    words_zh: str
    words_en: str


ATOMS: dict[str, Atom] = {
    atom.name: atom
    for atom in (
        Atom("wall.open", "打开指挥大屏", "Open the map wall"),
        Atom("map.read", "查看地图", "See the map"),
        Atom("position.read", "查看车组实时位置", "See where units are"),
        Atom("unit.read", "查看车组名称与所属", "See units and their bodies"),
        Atom("track.read", "查看车组历史轨迹", "See where units have been"),
        Atom("presence.read", "查看车组上下线", "See units come and go"),
        Atom("alarm.read", "查看车组报警", "See alarms of units"),
        Atom("geofence.read", "查看电子围栏与进出记录", "See geofences and who crosses them"),
        Atom("geofence.edit", "设置电子围栏", "Draw and change geofences"),
        Atom("fleet.read", "查看下班后的公务车位置", "See where government vehicles are off duty"),
        Atom("device.read", "查看定位设备", "See tracking devices"),
        Atom("device.write", "管理定位设备", "Manage tracking devices"),
        Atom("device.command", "向定位设备发送消息", "Send messages to tracking devices"),
        Atom("person.read", "查看人员", "See people"),
        Atom("person.write", "管理人员账号", "Manage people's accounts"),
        Atom("phone.read", "查看完整电话号码", "See whole telephone numbers"),
        Atom("grant.read", "查看授权", "See who may do what"),
        Atom("grant.write", "授予和收回权限", "Grant rights and take them back"),
        Atom("grant.share", "分享本人权限", "Share what one holds oneself"),
        Atom("key.read", "查看接口密钥", "See partners' keys"),
        Atom("key.write", "管理接口密钥", "Manage partners' keys"),
        Atom("organisation.read", "查看组织机构", "See the bodies"),
        Atom("organisation.write", "管理组织机构与辖区", "Change bodies and their areas"),
        Atom("session.read", "查看登录会话", "See who is signed in"),
        Atom("session.end", "结束登录会话", "End sessions"),
        Atom("audit.read", "查看审计记录", "See the audit"),
        Atom("retention.read", "查看数据留存与保全", "See what is kept, and for how long"),
        Atom("hold.write", "设置证据保全", "Put positions under a legal hold"),
        Atom("approval.read", "查看双人审批", "See requests that need two people"),
        Atom("approval.ask", "发起双人审批", "Ask for what needs two people"),
        Atom("approval.decide", "审批他人申请", "Approve or refuse what another asked for"),
        Atom("system.read", "查看系统运行状况", "See the state of the system"),
    )
}
