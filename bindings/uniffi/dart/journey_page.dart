import 'package:flutter/material.dart';
import 'package:webview_flutter/webview_flutter.dart';

/// A journey in a web view.
class JourneyPage extends StatefulWidget {
  const JourneyPage({super.key, required this.way, required this.onEnd});

  /// The journey's way of the type `web_view`, from the JSON that your server sent.
  final Map<String, dynamic> way;

  /// Gets the URL at which the journey ended, once. Post it to your own server: `read` makes a hint of it there.
  final void Function(String url) onEnd;

  @override
  State<JourneyPage> createState() => _JourneyPageState();
}

class _JourneyPageState extends State<JourneyPage> {
  late final WebViewController _controller;
  late final List<RegExp> _ends = endsOf(widget.way);
  bool _ended = false;

  @override
  void initState() {
    super.initState();
    _controller = WebViewController(onPermissionRequest: _grantToOwnOrigin)
      ..setJavaScriptMode(JavaScriptMode.unrestricted)
      ..setNavigationDelegate(NavigationDelegate(
        // Which of them reports the end differs between systems.
        onNavigationRequest: (request) => _decide(request.url),
        onPageStarted: (url) => _decide(url),
        onUrlChange: (change) => _decide(change.url ?? ''),
      ))
      ..loadRequest(Uri.parse(widget.way['url']));
  }

  NavigationDecision _decide(String url) {
    if (!_ends.any((end) => end.hasMatch(url))) return NavigationDecision.navigate;
    if (!_ended) {
      _ended = true;
      widget.onEnd(url);
    }
    return NavigationDecision.prevent;
  }

  /// The camera is for the journey's own pages, not for whatever else was navigated to.
  Future<void> _grantToOwnOrigin(WebViewPermissionRequest request) async {
    final current = await _controller.currentUrl() ?? '';
    final own = Uri.parse(current).origin == Uri.parse(widget.way['url']).origin;
    await (own ? request.grant() : request.deny());
  }

  @override
  Widget build(BuildContext context) => WebViewWidget(controller: _controller);
}

/// The places at which a journey ends: with or without a slash behind them, whatever stands in query and fragment.
List<RegExp> endsOf(Map<String, dynamic> way) => [
      for (final signal in way['finish'])
        RegExp('^' + RegExp.escape(signal['on']['url'].replaceFirst(RegExp(r'/$'), '')) + r'/?([?#]|$)'),
    ];
